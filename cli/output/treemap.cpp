#include "cli/output/treemap.h"

#include <algorithm>
#include <numeric>
#include <span>

namespace envstore {
namespace {

/// The worst aspect ratio in a row of rectangles along a side of length `side`.
double worst_in(std::span<const double> row, double sum, double side) {
  const double thickness = sum / side;
  double worst = 1;
  for (const double size : {row.front(), row.back()}) {  // the largest and the smallest
    const double length = size / thickness;
    worst = std::max({worst, length / thickness, thickness / length});
  }
  return worst;
}

/// Places a row along the shorter side, and subtracts it from the area.
void lay(std::span<const double> row, double sum, Rectangle& area, std::vector<Rectangle>& placed) {
  const bool is_column = area.width >= area.height;
  const double thickness = sum / (is_column ? area.height : area.width);
  double at = is_column ? area.top : area.left;
  for (const double size : row) {
    const double length = size / thickness;
    placed.push_back(is_column ? Rectangle{area.left, at, thickness, length}
                               : Rectangle{at, area.top, length, thickness});
    at += length;
  }
  (is_column ? area.left : area.top) += thickness;
  double& rest = is_column ? area.width : area.height;
  rest = std::max(0.0, rest - thickness);
}

}  // namespace

std::vector<Rectangle> treemap(const std::vector<double>& weights, Rectangle area) {
  std::vector<Rectangle> placed;
  const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
  if (total <= 0) return placed;
  std::vector<double> sizes;
  for (const double weight : weights) sizes.push_back(weight / total * area.width * area.height);
  for (std::size_t begin = 0; begin < sizes.size();) {
    const double side = std::max(std::min(area.width, area.height), 1e-9);
    std::size_t end = begin + 1;
    double sum = sizes[begin];
    const auto row = [&](std::size_t last) { return std::span(sizes).subspan(begin, last - begin); };
    while (end < sizes.size() &&
           worst_in(row(end + 1), sum + sizes[end], side) <= worst_in(row(end), sum, side))
      sum += sizes[end++];
    lay(row(end), sum, area, placed);
    begin = end;
  }
  return placed;
}

}  // namespace envstore
