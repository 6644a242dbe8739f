module BoxTeacher.Workbench.Tests
