namespace BoxTeacher.Kernel

/// Short sections that the interruption of a cell may not tear apart.
module internal Critical =

    /// Runs `section` whole: the runtime does not abort a thread inside a finally block.
    let inline run ([<InlineIfLambda>] section: unit -> unit) =
        try
            ()
        finally
            section ()
