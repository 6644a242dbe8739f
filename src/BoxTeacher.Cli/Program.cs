Console.WriteLine("boxteacher");
