/// A script that a notebook loads.
let square x = x * x
