using Xunit;

// The default generator, the thread count and the number of live tensors belong to the process: tests that look at them
// would see each other's.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
