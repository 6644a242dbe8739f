using BoxTeacher.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <content>Operators.</content>
    public partial class Tensor
    {
        private static readonly Operator s_rsubScalar = new("rsub", "Scalar");
        private static readonly Operator s_rsubTensor = new("rsub", "Tensor");

        public static Tensor operator +(Tensor left, Tensor right) => s_addTensor.Tensor(left, right);
        public static Tensor operator +(Tensor left, Scalar right) => s_addScalar.Tensor(left, right);
        public static Tensor operator +(Tensor left, int right) => s_addScalar.Tensor(left, right);
        public static Tensor operator +(Tensor left, long right) => s_addScalar.Tensor(left, right);
        public static Tensor operator +(Tensor left, float right) => s_addScalar.Tensor(left, right);
        public static Tensor operator +(Tensor left, double right) => s_addScalar.Tensor(left, right);
        public static Tensor operator +(Scalar left, Tensor right) => s_addScalar.Tensor(right, left);
        public static Tensor operator +(int left, Tensor right) => s_addScalar.Tensor(right, left);
        public static Tensor operator +(long left, Tensor right) => s_addScalar.Tensor(right, left);
        public static Tensor operator +(float left, Tensor right) => s_addScalar.Tensor(right, left);
        public static Tensor operator +(double left, Tensor right) => s_addScalar.Tensor(right, left);

        public static Tensor operator -(Tensor left, Tensor right) => s_subTensor.Tensor(left, right);
        public static Tensor operator -(Tensor left, Scalar right) => s_subScalar.Tensor(left, right);
        public static Tensor operator -(Tensor left, int right) => s_subScalar.Tensor(left, right);
        public static Tensor operator -(Tensor left, long right) => s_subScalar.Tensor(left, right);
        public static Tensor operator -(Tensor left, float right) => s_subScalar.Tensor(left, right);
        public static Tensor operator -(Tensor left, double right) => s_subScalar.Tensor(left, right);
        public static Tensor operator -(Scalar left, Tensor right) => s_rsubScalar.Tensor(right, left);
        public static Tensor operator -(int left, Tensor right) => s_rsubScalar.Tensor(right, left);
        public static Tensor operator -(long left, Tensor right) => s_rsubScalar.Tensor(right, left);
        public static Tensor operator -(float left, Tensor right) => s_rsubScalar.Tensor(right, left);
        public static Tensor operator -(double left, Tensor right) => s_rsubScalar.Tensor(right, left);

        public static Tensor operator *(Tensor left, Tensor right) => s_mulTensor.Tensor(left, right);
        public static Tensor operator *(Tensor left, Scalar right) => s_mulScalar.Tensor(left, right);
        public static Tensor operator *(Tensor left, int right) => s_mulScalar.Tensor(left, right);
        public static Tensor operator *(Tensor left, long right) => s_mulScalar.Tensor(left, right);
        public static Tensor operator *(Tensor left, float right) => s_mulScalar.Tensor(left, right);
        public static Tensor operator *(Tensor left, double right) => s_mulScalar.Tensor(left, right);
        public static Tensor operator *(Scalar left, Tensor right) => s_mulScalar.Tensor(right, left);
        public static Tensor operator *(int left, Tensor right) => s_mulScalar.Tensor(right, left);
        public static Tensor operator *(long left, Tensor right) => s_mulScalar.Tensor(right, left);
        public static Tensor operator *(float left, Tensor right) => s_mulScalar.Tensor(right, left);
        public static Tensor operator *(double left, Tensor right) => s_mulScalar.Tensor(right, left);

        public static Tensor operator /(Tensor left, Tensor right) => s_divTensor.Tensor(left, right);
        public static Tensor operator /(Tensor left, Scalar right) => s_divScalar.Tensor(left, right);
        public static Tensor operator /(Tensor left, int right) => s_divScalar.Tensor(left, right);
        public static Tensor operator /(Tensor left, long right) => s_divScalar.Tensor(left, right);
        public static Tensor operator /(Tensor left, float right) => s_divScalar.Tensor(left, right);
        public static Tensor operator /(Tensor left, double right) => s_divScalar.Tensor(left, right);
        public static Tensor operator /(Scalar left, Tensor right) => Reciprocal(left, right);
        public static Tensor operator /(int left, Tensor right) => Reciprocal(left, right);
        public static Tensor operator /(long left, Tensor right) => Reciprocal(left, right);
        public static Tensor operator /(float left, Tensor right) => Reciprocal(left, right);
        public static Tensor operator /(double left, Tensor right) => Reciprocal(left, right);

        public static Tensor operator %(Tensor left, Tensor right) => s_remainderTensor.Tensor(left, right);
        public static Tensor operator %(Tensor left, Scalar right) => s_remainderScalar.Tensor(left, right);
        public static Tensor operator %(Tensor left, int right) => s_remainderScalar.Tensor(left, right);
        public static Tensor operator %(Tensor left, long right) => s_remainderScalar.Tensor(left, right);
        public static Tensor operator %(Tensor left, float right) => s_remainderScalar.Tensor(left, right);
        public static Tensor operator %(Tensor left, double right) => s_remainderScalar.Tensor(left, right);

        private static Tensor Reciprocal(Scalar numerator, Tensor denominator)
        {
            using var inverse = s_reciprocal.Tensor(denominator);
            return s_mulScalar.Tensor(inverse, numerator);
        }

        public static Tensor operator -(Tensor tensor) => s_neg.Tensor(tensor);
        public static Tensor operator ~(Tensor left) => s_bitwiseNot.Tensor(left);
        public static Tensor operator &(Tensor left, Tensor right) => s_bitwiseAndTensor.Tensor(left, right);
        public static Tensor operator |(Tensor left, Tensor right) => s_bitwiseOrTensor.Tensor(left, right);
        public static Tensor operator ^(Tensor left, Tensor right) => s_bitwiseXorTensor.Tensor(left, right);

        public static Tensor operator ==(Tensor left, Tensor right)
            => left is null || right is null ? tensor((left is null && right is null)) : s_eqTensor.Tensor(left, right);
        public static Tensor operator ==(Tensor left, Scalar right) => s_eqScalar.Tensor(left, right);
        public static Tensor operator ==(Scalar left, Tensor right) => s_eqScalar.Tensor(right, left);
        public static Tensor operator !=(Tensor left, Tensor right)
            => left is null || right is null ? tensor(!(left is null && right is null)) : s_neTensor.Tensor(left, right);
        public static Tensor operator !=(Tensor left, Scalar right) => s_neScalar.Tensor(left, right);
        public static Tensor operator !=(Scalar left, Tensor right) => s_neScalar.Tensor(right, left);
        public static Tensor operator <(Tensor left, Tensor right) => s_ltTensor.Tensor(left, right);
        public static Tensor operator <(Tensor left, Scalar right) => s_ltScalar.Tensor(left, right);
        public static Tensor operator <(Scalar left, Tensor right) => s_gtScalar.Tensor(right, left);
        public static Tensor operator <=(Tensor left, Tensor right) => s_leTensor.Tensor(left, right);
        public static Tensor operator <=(Tensor left, Scalar right) => s_leScalar.Tensor(left, right);
        public static Tensor operator <=(Scalar left, Tensor right) => s_geScalar.Tensor(right, left);
        public static Tensor operator >(Tensor left, Tensor right) => s_gtTensor.Tensor(left, right);
        public static Tensor operator >(Tensor left, Scalar right) => s_gtScalar.Tensor(left, right);
        public static Tensor operator >(Scalar left, Tensor right) => s_ltScalar.Tensor(right, left);
        public static Tensor operator >=(Tensor left, Tensor right) => s_geTensor.Tensor(left, right);
        public static Tensor operator >=(Tensor left, Scalar right) => s_geScalar.Tensor(left, right);
        public static Tensor operator >=(Scalar left, Tensor right) => s_leScalar.Tensor(right, left);

        public static implicit operator Tensor(bool value) => tensor(value);
        public static implicit operator Tensor(byte value) => tensor(value);
        public static implicit operator Tensor(sbyte value) => tensor(value);
        public static implicit operator Tensor(short value) => tensor(value);
        public static implicit operator Tensor(int value) => tensor(value);
        public static implicit operator Tensor(long value) => tensor(value);
        public static implicit operator Tensor(float value) => tensor(value);
        public static implicit operator Tensor(double value) => tensor(value);
        public static implicit operator Tensor((float, float) value) => tensor(value);
        public static implicit operator Tensor(System.Numerics.Complex value) => tensor(value);
        public static implicit operator Tensor(Scalar scalar) => scalar.ToTensor();
        public static implicit operator Tensor(bool[] value) => tensor(value);
        public static implicit operator Tensor(byte[] value) => tensor(value);
        public static implicit operator Tensor(sbyte[] value) => tensor(value);
        public static implicit operator Tensor(short[] value) => tensor(value);
        public static implicit operator Tensor(int[] value) => tensor(value);
        public static implicit operator Tensor(long[] value) => tensor(value);
        public static implicit operator Tensor(float[] value) => tensor(value);
        public static implicit operator Tensor(double[] value) => tensor(value);
        public static implicit operator Tensor((float, float)[] value) => tensor(value);
        public static implicit operator Tensor(System.Numerics.Complex[] value) => tensor(value);

        public static explicit operator bool(Tensor value) => value.ToBoolean();
        public static explicit operator byte(Tensor value) => value.ToByte();
        public static explicit operator sbyte(Tensor value) => value.ToSByte();
        public static explicit operator short(Tensor value) => value.ToInt16();
        public static explicit operator int(Tensor value) => value.ToInt32();
        public static explicit operator long(Tensor value) => value.ToInt64();
        public static explicit operator float(Tensor value) => value.ToSingle();
        public static explicit operator double(Tensor value) => value.ToDouble();
    }
}
