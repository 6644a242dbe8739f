// What an experiment sees. The dlls are those of `dotnet build src/BoxTeacher.Workbench -c Release`.
#r "../artifacts/bin/BoxTeacher.Workbench/release/TorchSharp.dll"
#r "../artifacts/bin/BoxTeacher.Workbench/release/BoxTeacher.Core.dll"
#r "../artifacts/bin/BoxTeacher.Workbench/release/Spectre.Console.dll"
#r "../artifacts/bin/BoxTeacher.Workbench/release/BoxTeacher.Plotly.dll"
#r "../artifacts/bin/BoxTeacher.Workbench/release/BoxTeacher.Workbench.dll"
#r "../artifacts/bin/BoxTeacher.Workbench/release/FsCheck.dll"
#r "../artifacts/bin/BoxTeacher.Workbench/release/BoxTeacher.Properties.dll"
