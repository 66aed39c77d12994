#pragma once
#include <vector>

namespace envstore {

struct Rectangle {
  double left = 0, top = 0, width = 0, height = 0;
};

/// A squarified treemap (Bruls, Huizing, van Wijk 2000): one rectangle a weight, in order, that fill `area`
/// in proportion. Weights are above 0 and come largest first.
std::vector<Rectangle> treemap(const std::vector<double>& weights, Rectangle area);

}  // namespace envstore
