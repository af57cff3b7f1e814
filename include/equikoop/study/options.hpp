// SPDX-License-Identifier: BSD-3-Clause
// A study as plain values: what every stage receives. Parsed once (study.hpp), never changed after.
// Defaults, units and help stand in the table of keys (src/study/keys_*.cpp); here is the type.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace equikoop {

enum class Precision { float32, float64 };
/// Of a number.
constexpr int bytes_of(Precision precision) { return precision == Precision::float32 ? 4 : 8; }
enum class Order { fixed, shuffled };
enum class Normalise { automatic, mnist, standard, unit, none };

/// What is trained on. Sources: the name of an IDX family (mnist, digits, fashion, idx), or
/// `gaussian` (seeded Gaussian classes) or `teacher` (labels of a random network on Gaussian inputs).
struct DataOptions {
  std::string source;
  std::string path;          ///< folder of the IDX files; empty: searched
  int samples = 0;           ///< training samples used; 0: all there are
  int test_samples = 0;      ///< test samples used; 0: all there are
  Normalise normalise = Normalise::automatic;
  Order order = Order::fixed;
  int features = 64;         ///< synthetic only
  int classes = 10;          ///< synthetic only
  double separation = 1.0;   ///< synthetic: distance scale of class means, in units of the noise
  double label_noise = 0.0;  ///< share of training labels replaced by a uniformly drawn class

  friend bool operator==(const DataOptions&, const DataOptions&) = default;
};

enum class ModelKind { network, descent };
enum class Activation { relu, gelu, tanh, sigmoid, identity };
enum class Initialisation { torch, he, glorot };
enum class DescentMethod { omd, ogd, bisection, gd, momentum };
enum class DescentLoss { tan, square, quartic, quadratic };
enum class Regulariser { log_barrier, entropy };
enum class Starts { grid, random, matched };
enum class Coordinates { own, primal };
enum class OnRoot { zero, hold };

struct ModelOptions {
  ModelKind kind = ModelKind::network;
  std::vector<int> hidden{10};  ///< widths of the hidden layers
  Activation activation = Activation::relu;
  bool bias = false;
  Initialisation initialisation = Initialisation::torch;
  double scale = 1.0;  ///< multiplies the base initialisation

  // Descent problems (kind = descent), design 4.2.
  DescentMethod method = DescentMethod::omd;
  DescentLoss loss = DescentLoss::tan;
  Regulariser regulariser = Regulariser::log_barrier;
  Starts starts = Starts::grid;
  Coordinates coordinates = Coordinates::own;
  OnRoot on_root = OnRoot::zero;
  int dimension = 2;
  std::vector<double> hessian;  ///< quadratic loss: eigenvalues of its Hessian
  double rotation = 0.0;        ///< quadratic loss: angle of its eigenvectors in each plane, radians
};

enum class OptimizerKind { sgd, momentum, nesterov, adam, adamw, rmsprop, mirror };

struct TrainingOptions {
  OptimizerKind optimizer = OptimizerKind::sgd;
  double learning_rate = 0.1;
  int batch_size = 60;
  int steps = 1000;
  double momentum = 0.9;       ///< momentum, nesterov
  double beta1 = 0.9;          ///< adam, adamw
  double beta2 = 0.999;        ///< adam, adamw
  double decay = 0.99;         ///< rmsprop: alpha
  double epsilon = 1e-8;       ///< adam, adamw, rmsprop
  double weight_decay = 0.0;   ///< adamw: decoupled; others: L2
  double mirror_beta = 1.0;    ///< mirror: beta of the hypentropy potential
};

/// What is recorded at a step: output-layer weights, first hidden layer's, all of them, a seeded
/// subset or random projection of all, or all weights with the optimiser's state.
enum class Observable { output, hidden, all, subset, projection, state };

struct RecordOptions {
  Observable observable = Observable::output;
  int size = 256;  ///< features of `subset` and `projection`
  int every = 1;   ///< steps between snapshots
};

/// One point of the sweep.
struct Configuration {
  int index = 0;
  std::string name;  ///< swept keys and their values, or "base"; unique, without '/'
  int seed_offset = 0;  ///< added to a seed's index in every random stream (copies of one point)
  std::vector<std::pair<std::string, std::string>> swept;       ///< key, value
  std::vector<std::pair<std::string, std::string>> parameters;  ///< section.key, value: all of them
  DataOptions data;
  ModelOptions model;
  TrainingOptions training;
  RecordOptions record;
};

enum class DelaysRule { matched, fixed };
enum class RankRule { number, energy, gavish_donoho, full };
enum class Method { automatic, features, snapshots, matrix_free, dense };
/// Named after how the one-step operator is regressed (Dawson et al. 2016 for the bias of each).
enum class Regression { standard, total_least_squares, forward_backward };

/// The inner product of delay vectors: none takes the vectors themselves (decomposition of Z).
enum class Kernel { none, linear, gaussian, polynomial };

/// A range of recorded snapshots [begin, end), as fractions of the trajectory.
struct Window {
  double begin = 0.0;
  double end = 1.0;
};

struct KoopmanOptions {
  int delays = 32;  ///< of the configuration with the fewest features, if matched
  DelaysRule delays_rule = DelaysRule::matched;
  RankRule rank_rule = RankRule::number;
  int rank = 10;          ///< rank_rule number; else the most modes kept
  double energy = 0.99;   ///< rank_rule energy: share of the squared singular values kept
  Method method = Method::automatic;
  Regression regression = Regression::standard;
  Kernel kernel = Kernel::none;
  double kernel_width = 0.0;      ///< w, units of the delay vectors; 0: from the data
  int kernel_degree = 2;          ///< of the polynomial kernel
  double regularisation = 1e-2;   ///< γ of G + γI, in units of trace(G)/n
  double memory = 0.0;    ///< MiB of its trajectories that a rank holds at most; 0: what there is
  int folds = 5;          ///< of held-out residuals, over initials; 0: none
  std::vector<Window> windows{{}};  ///< the first is the main analysis
  std::vector<double> grid_delays{1.0};  ///< robustness: delays, as multiples of the study's
  std::vector<double> grid_ranks{1.0};   ///< robustness: modes, as multiples of those kept
  int pseudospectrum = 0;  ///< points a side of the pseudospectrum of each first seed; 0: none
};

enum class Scaling { none, log };
enum class Weights { none, amplitude, residual };
/// How p-values of many pairs are adjusted.
enum class Adjust { benjamini_hochberg, holm };
/// What two spectra are compared by; each also stands for the study's own distance with one thing
/// changed: its order (w1, w2), its plane (log), its masses (amplitude, residual), or altogether.
enum class Metric { w1, w2, log, amplitude, residual, hausdorff, procrustes };
/// What the logarithm of an eigenvalue is measured against (scaling = log): one step, one sample
/// seen, or a unit of time lr·step.
enum class Clock { step, sample, time };

struct CompareOptions {
  int order = 1;             ///< p of W_p
  Scaling scaling = Scaling::none;
  Clock clock = Clock::step;
  Weights weights = Weights::none;
  double max_residual = 0.0; ///< where above 0: eigenvalues of larger residual are left out
  bool paired = true;        ///< seeds with equal index share their streams
  int permutations = 999;
  int bootstrap = 999;
  double alpha = 0.05;
  Adjust adjust = Adjust::benjamini_hochberg;
  double margin = 0.5;       ///< of equivalence, as a fraction of the noise floor
  double margin_absolute = 0.0;  ///< where above 0: used in place of `margin`
  std::vector<Metric> metrics;   ///< every pair is tested with these too
};

/// What `equikoop calibrate` simulates; the rest of the study says how it is analysed and compared.
struct CalibrateOptions {
  int studies = 1000;              ///< simulated studies a scenario
  int power_studies = 200;         ///< of each point of the power curves
  int features = 8;
  std::vector<double> moduli{0.98, 0.9, 0.7};  ///< of the system's eigenvalues
  std::vector<double> angles{0.0, 0.3, 1.0};   ///< where not 0: a conjugate pair
  int steps = 60;
  double jitter = 0.01;            ///< of the eigenvalues' logarithms over seeds
  double noise = 0.01;             ///< of a step, in units of the initial state
  double measurement = 0.0;        ///< added to what is recorded
  std::vector<double> separations{0.005, 0.01, 0.02, 0.04};
  std::vector<int> power_seeds{};  ///< further values of study.seeds on the power curve
  std::vector<int> power_initials{};
  std::vector<double> power_noise{};
};

/// Everything needed to reproduce a result.
struct Study {
  std::string name;
  std::string question;
  std::string file;           ///< path it was read from
  std::string text;           ///< the file, with overrides appended
  std::string resolved;       ///< every key with its value, one a line
  bool imported = false;      ///< its trajectories or spectra come from other programs (manifest.hpp)
  int seeds = 5;
  int initials = 10;
  int copies = 1;             ///< times each configuration is repeated with seeds of its own
  double perturbation = 1e-3;
  std::uint64_t root_seed = 1;
  Precision precision = Precision::float32;
  std::vector<Configuration> configurations;
  KoopmanOptions koopman;
  CompareOptions compare;
  CalibrateOptions calibrate;
};

}  // namespace equikoop
