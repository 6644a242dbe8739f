"""A preprocessor of nbconvert: charts are drawn with two pixels for each one of the page; this says how large they are shown."""
import base64
import struct

from nbconvert.preprocessors import Preprocessor


class ChartSizes(Preprocessor):
    def preprocess_cell(self, cell, resources, index):
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if data.get("text/plain") == "chart" and "image/png" in data:
                # The first chunk of a PNG file: width and height at bytes 16 and 20.
                width, height = struct.unpack(">II", base64.b64decode(data["image/png"])[16:24])
                output.metadata["image/png"] = {"width": width // 2, "height": height // 2}
        return cell, resources
