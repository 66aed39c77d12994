#pragma once
#include <vector>

namespace envstore {

struct Rectangle {
  double left = 0, top = 0, width = 0, height = 0;
};

/// A squarified treemap (Bruls, Huizing, van Wijk 2000). Returns one rectangle per weight, in the same order,
/// that fill `area` in proportion to the weights. Weights must be above 0 and sorted, largest first.
std::vector<Rectangle> treemap(const std::vector<double>& weights, Rectangle area);

}  // namespace envstore
