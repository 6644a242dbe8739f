// What a notebook sees: what an experiment does, and how it is shown.
#load "../experiments/refs.fsx"

BoxTeacher.Workbench.NotebookFormatters.register ()
