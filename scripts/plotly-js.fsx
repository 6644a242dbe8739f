// Writes the plotly.js that Plotly.NET carries:  dotnet fsi scripts/plotly-js.fsx FILE
#load "../experiments/refs.fsx"
open System.IO
open BoxTeacher.Workbench

// Jupyter's exporter puts it into a script element.
File.WriteAllText(fsi.CommandLineArgs[1], PlotlyScript.text().Replace("</script", "<\\/script"))
