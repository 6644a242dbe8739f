/// What a notebook sees: what an experiment does, and how it is shown.
module NotebookRefs

#load "../experiments/refs.fsx"

BoxTeacher.Workbench.NotebookFormatters.register ()
