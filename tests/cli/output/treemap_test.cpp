#include "cli/output/treemap.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

using namespace envstore;

namespace {

constexpr Rectangle kArea{.left = 10, .top = 20, .width = 600, .height = 400};
constexpr double kTolerance = 1e-6;

double size_of(const Rectangle& rectangle) {
  return rectangle.width * rectangle.height;
}

bool overlap(const Rectangle& a, const Rectangle& b) {
  return a.left + kTolerance < b.left + b.width && b.left + kTolerance < a.left + a.width &&
         a.top + kTolerance < b.top + b.height && b.top + kTolerance < a.top + a.height;
}

double worst_proportion(const std::vector<Rectangle>& placed) {
  double worst = 1;
  for (const Rectangle& one : placed)
    worst = std::max({worst, one.width / one.height, one.height / one.width});
  return worst;
}

}  // namespace

TEST_CASE(
    "a treemap's rectangles have their weights' share of the area, in order, and fill it without overlap") {
  const std::vector<double> weights = {6, 6, 4, 3, 2, 2, 1};
  const std::vector<Rectangle> placed = treemap(weights, kArea);
  REQUIRE(placed.size() == weights.size());
  for (std::size_t i = 0; i < weights.size(); ++i) {
    CHECK(size_of(placed[i]) == doctest::Approx(weights[i] / 24 * 600 * 400));
    CHECK(placed[i].left >= kArea.left - kTolerance);
    CHECK(placed[i].top >= kArea.top - kTolerance);
    CHECK(placed[i].left + placed[i].width <= kArea.left + kArea.width + kTolerance);
    CHECK(placed[i].top + placed[i].height <= kArea.top + kArea.height + kTolerance);
    for (std::size_t other = 0; other < i; ++other) CHECK(!overlap(placed[i], placed[other]));
  }
}

TEST_CASE("the published example of a squarified treemap comes out as published") {
  const std::vector<Rectangle> placed = treemap({6, 6, 4, 3, 2, 2, 1}, {0, 0, 6, 4});
  CHECK(placed[0].width == doctest::Approx(3));  // two squat ones at the left, half the area
  CHECK(placed[0].height == doctest::Approx(2));
  CHECK(placed[1].top == doctest::Approx(2));
  CHECK(placed[2].left == doctest::Approx(3));
  CHECK(placed[2].width == doctest::Approx(12.0 / 7));
  CHECK(placed[2].height == doctest::Approx(7.0 / 3));
}

TEST_CASE("equal weights become nearly square") {
  CHECK(worst_proportion(treemap(std::vector<double>(24, 1.0), kArea)) < 1.6);
}

TEST_CASE("one weight fills the area, and nothing fills none of it") {
  const std::vector<Rectangle> placed = treemap({7}, kArea);
  REQUIRE(placed.size() == 1);
  CHECK(placed[0].left == kArea.left);
  CHECK(placed[0].width == doctest::Approx(kArea.width));
  CHECK(placed[0].height == doctest::Approx(kArea.height));
  CHECK(treemap({}, kArea).empty());
  CHECK(treemap({0, 0}, kArea).empty());
}

TEST_CASE("a weight a billion times the others leaves them room inside the area") {
  const std::vector<Rectangle> placed = treemap({1e9, 1, 1}, kArea);
  REQUIRE(placed.size() == 3);
  for (const Rectangle& one : placed) {
    CHECK(one.width >= 0);
    CHECK(one.left + one.width <= kArea.left + kArea.width + 1e-3);
    CHECK(one.top + one.height <= kArea.top + kArea.height + 1e-3);
  }
}
