using System;
using System.Globalization;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>Where a tensor lives: a kind of device and its index (-1: the current one).</summary>
    public class Device
    {
        public DeviceType type { get; }
        public int index { get; }

        public Device(DeviceType deviceType, int index = -1)
        {
            type = deviceType;
            this.index = index;
        }

        /// <summary>A CUDA device by its index.</summary>
        public Device(int index) : this(DeviceType.CUDA, index) { }

        public Device(string deviceType, int index = -1) : this(ParseType(deviceType), index) { }

        /// <param name="description">"cpu", "cuda", "cuda:1", "mps", "meta".</param>
        /// <exception cref="ArgumentException">The description names no device.</exception>
        public Device(string description)
        {
            var parts = description.Split(':');
            type = ParseType(parts[0]);
            index = parts switch {
                [_] => -1,
                [_, var i] when int.TryParse(i, NumberStyles.None, CultureInfo.InvariantCulture, out var n) => n,
                _ => throw new ArgumentException($"Invalid device string: '{description}'", nameof(description)),
            };
        }

        private static DeviceType ParseType(string name) => name.ToLowerInvariant() switch {
            "cpu" => DeviceType.CPU,
            "cuda" => DeviceType.CUDA,
            "mps" => DeviceType.MPS,
            "meta" => DeviceType.META,
            _ => throw new ArgumentException($"Unknown device type: '{name}'", nameof(name)),
        };

        public static implicit operator Device(string description) => new(description);

        public override string ToString()
        {
            var name = type.ToString().ToLowerInvariant();
            return type == DeviceType.CPU || index < 0 ? name : string.Create(CultureInfo.InvariantCulture, $"{name}:{index}");
        }

        /// <summary>As the C ABI writes it: type in the high half, index in the low one.</summary>
        internal int Packed => (int)type << 16 | (index & 0xffff);

        internal static Device Unpack(int packed) => packed == 0xffff ? CPU : new((DeviceType)(packed >> 16), (short)(packed & 0xffff));
    }

    public static readonly Device CPU = new(DeviceType.CPU);
    public static readonly Device META = new(DeviceType.META);
    public static Device CUDA => new(DeviceType.CUDA);
    public static Device MPS => new(DeviceType.MPS);
}
