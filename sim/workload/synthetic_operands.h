#pragma once
// Operands without a trace: zeros drawn at random, and values for them. Everything is a function of the source's
// parameters, its seed and the tensor's name ("LAYER.activations", "LAYER.weights"), and is the same to the bit on
// every machine: integer hashes, and of floating point only the operations that IEEE 754 rounds exactly.
//
// The zeros of a tensor of E elements:
//  - round(density * E) elements are non-zero.
//  - They are shared out over the channels (of weights: the output channels) in proportion to exp(channel_spread * z),
//    z being normal (the sum of twelve uniform numbers, minus six). A channel that would be more than full is full, and
//    the others take what it leaves over. Images of a batch share a channel's density. Every part, a channel of an
//    image, has its share rounded up or down, at random with the chance that keeps the mean. Beyond 65,536 parts those
//    that are rounded so are whole channels, and each is shared out over its images as evenly as it goes, the images
//    that have one more chosen at random.
//  - Within a channel of an image those elements are non-zero that have the largest noise
//      (1 - cluster) * white + cluster * (sum of white over the 5 x 5 neighbourhood) / 5,
//    whose two terms have the same variance; white is uniform and independent. Within an output channel of weights the
//    neighbourhood is that of a kernel position among the positions of the same input channel.
//
// With a structure the zeros are shared out otherwise:
//  - n_of_m: of every run of M elements the N with the largest noise, as above, are non-zero, of a shorter run at the
//    end as many, or all. The runs of weights lie in a filter, in the order (input channel, ky, kx), which is that of
//    k; those of a feature map in the channels of a pixel.
//  - block: blocks of weights, output channels x k, are taken in a random order; non-zero are the first ones, as many
//  as
//    bring the elements nearest to density * E. So the density is right to half a block, and where the blocks divide
//    the tensor round(density * blocks) are non-zero.
//  - channels: round(density * channels) channels are non-zero, each of them whole: of weights output channels, of a
//    feature map the same ones in all images.

#include <cstdint>
#include <string_view>
#include <vector>

#include "sim/workload/network.h"
#include "sim/workload/operands.h"

namespace dlac {

/// A structure of blocks is of weights alone.
tensor_mask synthetic_feature_map(const synthetic_source& source, std::string_view name, const shape_4d& shape);
tensor_mask synthetic_weights(const synthetic_source& source, std::string_view name, const shape_4d& shape);

// Values, every one of them a half-precision number other than zero where `bits` is set, and zero elsewhere.

/// Multiples of 2^-10 between 0 and 2, as after a ReLU.
std::vector<float> synthetic_activation_values(std::uint64_t seed, std::string_view name, const bit_matrix& bits);
/// Multiples of 2^-11 between -1 and 1 for full precision; -1 and 1 for ternary weights.
std::vector<float> synthetic_weight_values(std::uint64_t seed, std::string_view name, const bit_matrix& bits,
                                           weight_format format);
/// Multiples of 2^-14 between -1/8 and 1/8.
std::vector<float> synthetic_gradient_values(std::uint64_t seed, std::string_view name, const bit_matrix& bits);
/// Numbers that the rule |w| > 0.7 * mean |w| turns into these ternary weights: with d the fraction of non-zeros, 0.75
/// to 1 with the weight's sign where it is not zero, and less than d / 2 elsewhere.
std::vector<float> synthetic_master_weights(std::string_view layer, const std::vector<float>& ternary);
/// Multiples of 2^-10 between -2 and 2, none of them zero.
std::vector<float> synthetic_signed_values(std::string_view name, std::uint64_t elements);
/// One factor a channel, 0.75 to 1.25 times 1 / sqrt(fan_in): keeps sums of fan_in products near the products' size.
/// Never a power of two, by which multiplying would be exact.
std::vector<float> synthetic_scale(std::uint64_t seed, std::string_view name, std::uint64_t channels,
                                   std::uint64_t fan_in);
/// Multiples of 2^-12 between -1/4 and 1/4, none of them zero.
std::vector<float> synthetic_bias(std::uint64_t seed, std::string_view name, std::uint64_t channels);

}  // namespace dlac
