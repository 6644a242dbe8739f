"""What is kept of an executed notebook: a preprocessor of nbconvert."""
from nbconvert.preprocessors import Preprocessor


class Kept(Preprocessor):
    """All but the script by which pages of .NET Interactive look for their kernel; it names this machine's addresses."""

    def preprocess_cell(self, cell, resources, index):
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs
                            if "dotnet-interactive-this-cell" not in output.get("data", {}).get("text/html", "")]
        return cell, resources
