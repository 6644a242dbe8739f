// The C ABI between BoxTeacher.Core and OpenCV's image codecs.
//
// No C++ exception leaves a function: it returns a null pointer or a negative number and keeps the message for
// bv_error on the same thread.
#include <cstdint>
#include <exception>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <string>
#include <vector>

#define BV_API extern "C" __attribute__((visibility("default")))

namespace {

thread_local std::string last_error;

// Callers decode on threads of their own; OpenCV's would only get in their way.
const bool single_threaded = [] {
  cv::setNumThreads(0);
  return true;
}();

template <class R, class F>
R guarded(R failure, F&& f) noexcept {
  try {
    last_error.clear();
    return f();
  } catch (const std::exception& e) {
    last_error = e.what();
  } catch (...) {
    last_error = "unknown error";
  }
  return failure;
}

}  // namespace

// Message of the last failure on this thread, UTF-8, valid until the thread's next call.
BV_API const char* bv_error() { return last_error.c_str(); }

// Decodes a picture to 8-bit colour, turned upright as its metadata says. Free the result with bv_free.
BV_API cv::Mat* bv_decode(const uint8_t* data, int64_t length, int32_t* height, int32_t* width) {
  return guarded<cv::Mat*>(nullptr, [&]() -> cv::Mat* {
    if (length <= 0 || length > INT32_MAX) {
      last_error = "the file is empty or too long";
      return nullptr;
    }
    const cv::Mat bytes(1, static_cast<int>(length), CV_8UC1, const_cast<uint8_t*>(data));
    cv::Mat picture = cv::imdecode(bytes, cv::IMREAD_COLOR);
    if (picture.empty()) {
      last_error = "the picture cannot be decoded";
      return nullptr;
    }
    *height = picture.rows;
    *width = picture.cols;
    return new cv::Mat(std::move(picture));
  });
}

// Copies a decoded picture as RGB, row by row, into height * width * 3 bytes.
BV_API int32_t bv_copy_rgb(const cv::Mat* picture, uint8_t* rgb) {
  return guarded<int32_t>(-1, [&] {
    cv::Mat target(picture->rows, picture->cols, CV_8UC3, rgb);
    cv::cvtColor(*picture, target, cv::COLOR_BGR2RGB);
    return 0;
  });
}

BV_API void bv_free(cv::Mat* picture) { delete picture; }

// Encodes RGB as JPEG of quality 1..100; the number of bytes written, or -1.
BV_API int64_t bv_encode_jpeg(const uint8_t* rgb, int32_t height, int32_t width, int32_t quality, uint8_t* out,
                              int64_t capacity) {
  return guarded<int64_t>(-1, [&]() -> int64_t {
    const cv::Mat source(height, width, CV_8UC3, const_cast<uint8_t*>(rgb));
    cv::Mat bgr;
    cv::cvtColor(source, bgr, cv::COLOR_RGB2BGR);
    std::vector<uint8_t> bytes;
    if (!cv::imencode(".jpg", bgr, bytes, {cv::IMWRITE_JPEG_QUALITY, quality})) {
      last_error = "the picture cannot be encoded";
      return -1;
    }
    if (static_cast<int64_t>(bytes.size()) > capacity) {
      last_error = "the encoded picture is larger than the room for it";
      return -1;
    }
    std::copy(bytes.begin(), bytes.end(), out);
    return static_cast<int64_t>(bytes.size());
  });
}
