namespace BoxTeacher.Properties

open System
open TorchSharp

/// Between tensors and plain numbers.
[<RequireQualifiedAccess>]
module Tensors =

    /// A float64 tensor of a shape from its values in row-major order.
    let ofShape (shape: int64 array) (values: float array) : torch.Tensor =
        torch.tensor (values, ReadOnlySpan shape, dtype = torch.float64)

    /// The values of a tensor in row-major order.
    let values (tensor: torch.Tensor) : float array =
        use scope = torch.NewDisposeScope()
        let copy = tensor.detach().``to``(torch.float64, torch.CPU).contiguous()
        if copy.NumberOfElements = 0L then [||] else copy.data<float>().ToArray()

    /// The value of a tensor with one element.
    let number (tensor: torch.Tensor) = (values tensor)[0]

    /// The gradient of a scalar function at a point; zeros where the function does not depend on it.
    let gradient (f: torch.Tensor -> torch.Tensor) (at: torch.Tensor) : torch.Tensor =
        let x = at.detach().clone().requires_grad_ ()
        let y = f x

        if y.requires_grad then
            y.backward ()

        match x.grad with
        | null -> torch.zeros_like x
        | grad -> grad
