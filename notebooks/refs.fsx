/// What a notebook sees: what an experiment does.
module NotebookRefs

#load "../experiments/refs.fsx"
