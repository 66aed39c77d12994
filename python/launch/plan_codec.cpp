#include "python/launch/launch.h"
#include "store/platform/codec.h"
#include "store/platform/error.h"

namespace envstore {
namespace {

constexpr std::uint8_t kPlanVersion = 1;  // raise it with every change of the format

void put(Encoder& encoder, const std::vector<std::string>& texts) {
  encoder.count(texts.size());
  for (const std::string& text : texts) encoder.text(text);
}

std::vector<std::string> get_texts(Decoder& decoder) {
  std::vector<std::string> texts(decoder.count(sizeof(std::uint32_t)));
  for (std::string& text : texts) text = decoder.text();
  return texts;
}

void put(Encoder& encoder, const LayerPlan& layer) {
  encoder.raw({reinterpret_cast<const char*>(layer.snapshot.bytes.data()), layer.snapshot.bytes.size()});
  encoder.number(static_cast<std::uint8_t>(layer.layout));
  encoder.number(static_cast<std::uint8_t>(layer.has_pth));
  put(encoder, layer.scripts);
  put(encoder, layer.prefix_entries);
}

std::uint8_t zero_or_one(Decoder& decoder) {
  const auto value = decoder.number<std::uint8_t>();
  if (value > 1) Decoder::fail();
  return value;
}

LayerPlan get_layer(Decoder& decoder) {
  LayerPlan layer;
  const std::string_view id = decoder.raw(layer.snapshot.bytes.size());
  std::copy(id.begin(), id.end(), reinterpret_cast<char*>(layer.snapshot.bytes.data()));
  layer.layout = static_cast<Layout>(zero_or_one(decoder));
  layer.has_pth = zero_or_one(decoder) == 1;
  layer.scripts = get_texts(decoder);
  layer.prefix_entries = get_texts(decoder);
  return layer;
}

}  // namespace

std::string LaunchPlan::encode() const {
  Encoder encoder;
  encoder.number(kPlanVersion);
  for (const std::string* text : {&interpreter, &home, &version, &site_path}) encoder.text(*text);
  encoder.count(layers.size());
  for (const LayerPlan& layer : layers) put(encoder, layer);
  put(encoder, editable_paths);
  return encoder.finish();
}

LaunchPlan LaunchPlan::decode(std::string_view bytes) {
  Decoder decoder(bytes);
  LaunchPlan plan;
  if (decoder.number<std::uint8_t>() != kPlanVersion) Decoder::fail();
  for (std::string* text : {&plan.interpreter, &plan.home, &plan.version, &plan.site_path})
    *text = decoder.text();
  constexpr std::size_t kSmallestLayer = 32 + 1 + 1 + 4 + 4;
  const std::size_t count = decoder.count(kSmallestLayer);
  for (std::size_t i = 0; i < count; ++i) plan.layers.push_back(get_layer(decoder));
  plan.editable_paths = get_texts(decoder);
  decoder.finish();
  return plan;
}

}  // namespace envstore
