// What a notebook sees: what an experiment does.
#load "../experiments/refs.fsx"
