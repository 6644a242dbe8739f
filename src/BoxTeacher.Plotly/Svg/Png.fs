namespace BoxTeacher.Charts

open System
open System.Buffers.Binary
open System.IO
open System.IO.Compression
open System.Text

/// PNG files of 8-bit RGB pixels (W3C PNG specification, colour type 2, filter "up").
[<RequireQualifiedAccess>]
module Png =

    let private crcTable =
        Array.init 256 (fun n ->
            (uint32 n, [ 1..8 ])
            ||> List.fold (fun c _ -> if c &&& 1u = 1u then 0xEDB88320u ^^^ (c >>> 1) else c >>> 1))

    let private crc (bytes: byte array) =
        let mutable c = 0xFFFFFFFFu

        for b in bytes do
            c <- crcTable[int ((c ^^^ uint32 b) &&& 0xFFu)] ^^^ (c >>> 8)

        c ^^^ 0xFFFFFFFFu

    let private bigEndian (value: uint32) =
        let bytes = Array.zeroCreate<byte> 4
        BinaryPrimitives.WriteUInt32BigEndian(Span<byte> bytes, value)
        bytes

    let private chunk (name: string) (data: byte array) =
        let body = Array.append (Encoding.ASCII.GetBytes name) data
        Array.concat [ bigEndian (uint32 data.Length); body; bigEndian (crc body) ]

    /// Encodes pixels, RGB bytes row by row (length height * width * 3), as a PNG file.
    /// Raises ArgumentException when the length does not match the size.
    let encode (height: int) (width: int) (pixels: byte array) =
        if height < 1 || width < 1 || pixels.Length <> height * width * 3 then
            invalidArg (nameof pixels) $"{pixels.Length} bytes are no RGB image of {width} x {height}"

        let stride = width * 3
        use packed = new MemoryStream()

        do
            use zlib = new ZLibStream(packed, CompressionLevel.Optimal, true)
            let row = Array.zeroCreate<byte> (stride + 1)
            row[0] <- 2uy

            for y in 0 .. height - 1 do
                for x in 0 .. stride - 1 do
                    let above = if y = 0 then 0uy else pixels[(y - 1) * stride + x]
                    row[x + 1] <- pixels[y * stride + x] - above

                zlib.Write(row, 0, row.Length)

        let header = Array.concat [ bigEndian (uint32 width); bigEndian (uint32 height); [| 8uy; 2uy; 0uy; 0uy; 0uy |] ]

        Array.concat
            [ [| 0x89uy; 0x50uy; 0x4Euy; 0x47uy; 0x0Duy; 0x0Auy; 0x1Auy; 0x0Auy |]
              chunk "IHDR" header
              chunk "IDAT" (packed.ToArray())
              chunk "IEND" [||] ]

    /// The file as a data URI for an HTML or SVG image.
    let toDataUri (png: byte array) = "data:image/png;base64," + Convert.ToBase64String png
