using Xunit;

// The default generator and the thread count belong to the process: tests that seed or set them would disturb each other.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
