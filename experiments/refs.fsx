// What an experiment sees. The dlls are those of `dotnet build src/BoxTeacher.Workbench -c Release`.
#r "../artifacts/bin/BoxTeacher.Workbench/release/DynamicObj.dll"
#r "../artifacts/bin/BoxTeacher.Workbench/release/Giraffe.ViewEngine.dll"
#r "../artifacts/bin/BoxTeacher.Workbench/release/Newtonsoft.Json.dll"
#r "../artifacts/bin/BoxTeacher.Workbench/release/Plotly.NET.dll"
#r "../artifacts/bin/BoxTeacher.Workbench/release/TorchSharp.dll"
#r "../artifacts/bin/BoxTeacher.Workbench/release/BoxTeacher.Core.dll"
#r "../artifacts/bin/BoxTeacher.Workbench/release/Spectre.Console.dll"
#r "../artifacts/bin/BoxTeacher.Workbench/release/Microsoft.AspNetCore.Html.Abstractions.dll"
#r "../artifacts/bin/BoxTeacher.Workbench/release/FsCheck.dll"
#r "../artifacts/bin/BoxTeacher.Workbench/release/BoxTeacher.Properties.dll"
#r "../artifacts/bin/BoxTeacher.Workbench/release/BoxTeacher.Workbench.dll"

BoxTeacher.Workbench.Script.start ()
