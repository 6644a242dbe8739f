module BoxTeacher.Properties.Tests
