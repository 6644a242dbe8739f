namespace BoxTeacher.Kernel

open System
open System.Collections.Concurrent
open System.IO
open System.Net
open System.Net.Sockets
open System.Threading

/// A bound socket: accepts clients, greets them, and hands every message to `receive` on the client's own thread.
type internal Endpoint
    (address: IPAddress, port: int, socketType: string, receive: Peer -> Frames -> unit, gone: Peer -> unit) =

    let listener = new TcpListener(address, port)
    let peers = ConcurrentDictionary<Peer, unit>()
    // A stranger that connects and says nothing is let go.
    let handshakePatience = 10_000

    let serve (client: TcpClient) =
        client.NoDelay <- true
        let network = client.GetStream()
        // Reading and writing run on two threads, and a BufferedStream has one buffer for both directions.
        use input = new BufferedStream(network, 65536)
        let output = new BufferedStream(network, 65536)
        network.ReadTimeout <- handshakePatience
        let identity = Zmtp.handshake input output socketType
        network.ReadTimeout <- Timeout.Infinite
        let peer = Peer(client, output, identity)
        peers[peer] <- ()

        try
            while true do
                receive peer (Zmtp.readMessage input)
        finally
            peers.TryRemove peer |> ignore
            gone peer
            peer.Close()

    let guarded (client: TcpClient) () =
        try
            use _ = client
            serve client
        with
        | :? IOException
        | :? InvalidDataException
        | :? ArgumentException
        | :? SocketException
        | :? ObjectDisposedException -> ()

    let rec accept () =
        try
            let client = listener.AcceptTcpClient()
            Thread(guarded client, IsBackground = true, Name = $"kernel: {socketType} reader").Start()
        with :? SocketException ->
            // Out of descriptors, or a client that was gone at once: the next one may have more luck.
            Thread.Sleep 100

        accept ()

    do
        listener.Start()
        Thread(accept, IsBackground = true, Name = $"kernel: {socketType} listener").Start()

    /// The clients connected at this moment.
    member _.Peers = peers.Keys :> seq<Peer>

/// A ROUTER socket: requests of all clients in the order of their arrival.
type internal Router(address, port) =
    let inbox = new BlockingCollection<struct (Peer * Frames)>()
    let endpoint = Endpoint(address, port, "ROUTER", (fun peer frames -> inbox.Add(struct (peer, frames))), ignore)

    /// The next request, waited for until the token is cancelled.
    member _.Receive(token: CancellationToken) = inbox.Take token

    /// The next request of those that have arrived already.
    member _.TryReceive() =
        match inbox.TryTake() with
        | true, request -> ValueSome request
        | _ -> ValueNone

    /// The client with this identity, if it is connected.
    member _.Find(identity: byte[]) =
        endpoint.Peers |> Seq.tryFind (fun peer -> peer.Identity.AsSpan().SequenceEqual identity)

    member _.Linger milliseconds = endpoint.Peers |> Seq.iter (fun peer -> peer.Linger milliseconds)

/// A PUB socket: each message goes to every client that has subscribed to a beginning of its first frame.
type internal Publisher(address, port) =
    let subscriptions = ConcurrentDictionary<Peer, byte[] list>()

    let receive peer frames =
        match frames with
        | [ request: byte[] ] when request.Length > 0 ->
            let topic = Array.tail request
            let others = List.filter (fun known -> known <> topic)

            let next known =
                match request[0] with
                | 1uy -> topic :: known
                | 0uy -> others known
                | _ -> known

            subscriptions.AddOrUpdate(peer, next [], (fun _ known -> next known)) |> ignore
        | _ -> ()

    let endpoint = Endpoint(address, port, "PUB", receive, (fun peer -> subscriptions.TryRemove peer |> ignore))

    member _.Publish(message: Frames) =
        let first = List.head message

        for entry in subscriptions do
            if entry.Value |> List.exists (fun topic -> first.AsSpan().StartsWith topic) then
                entry.Key.Send message

    member _.Linger milliseconds = endpoint.Peers |> Seq.iter (fun peer -> peer.Linger milliseconds)

/// A REP socket that sends every request back: the heartbeat.
type internal Echo(address, port) =
    do Endpoint(address, port, "REP", (fun peer frames -> peer.Send frames), ignore) |> ignore
