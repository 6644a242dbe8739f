// Measures the torch provider beside Python's PyTorch on the same libtorch: each operation here, then there, several
// rounds, both with one thread. Prints the ratios ours/PyTorch and writes them to artifacts/bench/torch.json; then
// prints what 2,000 training steps leave in memory.
//   BoxTeacher.Benchmarks.Torch [rounds] [python]
using System.Diagnostics;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using BoxTeacher.Benchmarks;
using TorchSharp;

const int repeats = 5;
var rounds = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 7;
var root = Root();
torch.set_num_threads(1);
torch.manual_seed(0);
using var ours = new Operations();
using var peer = new Peer(args.Length > 1 ? args[1] : "/usr/bin/python3", Path.Combine(root, "benchmarks", "peers", "torch_ops.py"));

(string Name, string PeerName, Action<int> Run, int Count, double Target)[] operations = [
    ("a + b, dispose", "add", ours.Add, 50_000, .85),
    ("a + b, in scope", "add", ours.AddInScope, 50_000, .9),
    ("a + 1", "add_scalar", ours.AddScalar, 50_000, .5),
    ("a.shape", "shape", ours.Shape, 500_000, 1),
    ("item", "item", ours.Item, 200_000, 1),
    ("m[1,2]", "index", ours.Index, 50_000, .7),
    ("SGD step, 8 tensors", "sgd_step", ours.SgdStep, 1_000, .7),
    ("conv net, 200 steps", "conv_net", ours.Train, 200, .85),
];

foreach (var op in operations) {
    for (var k = 0; k < 3; k++) {
        op.Run(op.Count);
        peer.Seconds(op.PeerName, op.Count);
    }
}
var best = operations.ToDictionary(o => o.Name, _ => (Ours: double.MaxValue, Peer: double.MaxValue, Ratios: new List<double>()));
for (var round = 0; round < rounds; round++) {
    foreach (var op in operations) {
        var (mine, theirs) = (double.MaxValue, double.MaxValue);
        for (var k = 0; k < repeats; k++) {
            mine = Math.Min(mine, Seconds(() => op.Run(op.Count)));
            theirs = Math.Min(theirs, peer.Seconds(op.PeerName, op.Count));
        }
        var sofar = best[op.Name];
        sofar.Ratios.Add(mine / theirs);
        best[op.Name] = (Math.Min(sofar.Ours, mine), Math.Min(sofar.Peer, theirs), sofar.Ratios);
    }
}

Console.WriteLine($"libtorch {torch.__version__}, PyTorch {peer.Version}, one thread, median of {rounds} rounds");
Console.WriteLine($"{"operation",-22}{"ours ns",12}{"PyTorch ns",12}{"ratio",8}{"spread",16}{"target",8}");
var report = new SortedDictionary<string, object>();
foreach (var op in operations) {
    var (mine, theirs, ratios) = best[op.Name];
    ratios.Sort();
    var ratio = ratios[ratios.Count / 2];
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"{op.Name,-22}{mine / op.Count * 1e9,12:F0}{theirs / op.Count * 1e9,12:F0}{ratio,8:F2}{$"{ratios[0]:F2} to {ratios[^1]:F2}",16}{op.Target,8:F2}{(ratio <= op.Target ? "" : "  missed")}"));
    report[op.Name] = new { ratio = Math.Round(ratio, 3), target = op.Target };
}
Write(Path.Combine(root, "artifacts", "bench", "torch.json"), JsonSerializer.Serialize(report, new JsonSerializerOptions { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }) + "\n");

Console.WriteLine();
Console.WriteLine("training steps   resident MB   live tensors");
for (var k = 0; k <= 2000; k += 500) {
    if (k > 0) {
        ours.Train(500);
    }
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{k,14}{Environment.WorkingSet / 1e6,14:F1}{torch.Tensor.TotalCount,15}"));
}

static double Seconds(Action run)
{
    var start = Stopwatch.GetTimestamp();
    run();
    return Stopwatch.GetElapsedTime(start).TotalSeconds;
}

static string Root()
{
    var folder = new DirectoryInfo(AppContext.BaseDirectory);
    while (!File.Exists(Path.Combine(folder.FullName, "BoxTeacher.sln"))) {
        folder = folder.Parent ?? throw new InvalidOperationException("The benchmark runs inside the repository.");
    }
    return folder.FullName;
}

static void Write(string file, string text)
{
    Directory.CreateDirectory(Path.GetDirectoryName(file)!);
    File.WriteAllText(file + ".tmp", text);
    File.Move(file + ".tmp", file, true);
}
