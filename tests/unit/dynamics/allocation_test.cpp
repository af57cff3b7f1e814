// SPDX-License-Identifier: BSD-3-Clause
// A training step asks for no memory, and an ensemble for as much as training_memory says. Counts every
// operator new of this program.
#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

#include "dynamics/aligned.hpp"
#include "toy.hpp"

namespace {
std::atomic<long> allocations{0};
std::atomic<long> live_bytes{0};

void* counted(std::size_t size, std::size_t alignment) {
  ++allocations;
  const std::size_t whole = (size + alignment - 1) / alignment * alignment;
  void* const memory = std::aligned_alloc(alignment, whole > 0 ? whole : alignment);
  if (memory == nullptr) throw std::bad_alloc();
  live_bytes += static_cast<long>(malloc_usable_size(memory));
  return memory;
}

/// Not inlined: the compiler would take std::free beside operator new for a mistake.
[[gnu::noinline]] void release(void* memory) {
  live_bytes -= static_cast<long>(malloc_usable_size(memory));
  std::free(memory);
}
}  // namespace

void* operator new(std::size_t size) { return counted(size, alignof(std::max_align_t)); }
void* operator new[](std::size_t size) { return counted(size, alignof(std::max_align_t)); }
// The standard's calls the one above, a sanitizer's does not. Without memory the test ends here.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return operator new(size); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return counted(size, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return counted(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { release(memory); }
void operator delete[](void* memory) noexcept { release(memory); }
void operator delete(void* memory, std::size_t) noexcept { release(memory); }
void operator delete[](void* memory, std::size_t) noexcept { release(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { release(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { release(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { release(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { release(memory); }

namespace equikoop {
namespace {

/// Allocations between the end of the second step and the end of the last.
long allocations_of_steps(const Configuration& c, const DataView<float>& data) {
  long after_second = 0, after_last = 0;
  const SnapshotSink<float> sink = [](std::size_t, std::size_t, std::span<const float>) {};
  const StepHook hook = [&](int step) {
    if (step == 2) after_second = allocations;
    after_last = allocations;
  };
  train_ensemble<float>(toy::study(), c, data, 0, sink, hook);
  return after_last - after_second;
}

TEST(Allocations, AreCountedHere) {
  const long before = allocations;
  const AlignedVector<float> aligned(3);
  const std::vector<float> plain(3);
  EXPECT_EQ(allocations - before, 2);
}

TEST(Allocations, AreNotMadeByAStepWhateverTheLayerOptimiserOrderAndObservable) {
  const auto sparse = toy::Data<float>(0.2).in_sparse_form();
  const toy::Data<float> dense(1.0);
  for (const DataView<float>& view : {sparse.view(), dense.view()}) {
    for (const Order order : {Order::fixed, Order::shuffled}) {
      for (const OptimizerKind optimizer : {OptimizerKind::sgd, OptimizerKind::adam}) {
        for (const Observable observable : {Observable::all, Observable::subset, Observable::projection}) {
          Configuration c = toy::configuration();
          c.model.hidden = {5, 4};
          c.model.activation = Activation::gelu;
          c.training.optimizer = optimizer;
          c.training.steps = order == Order::fixed ? 20 : 6;  // 6 steps are an epoch; the next draws an order
          c.data.order = order;
          c.record.observable = observable;
          c.record.size = 7;
          EXPECT_EQ(allocations_of_steps(c, view), 0) << static_cast<int>(optimizer) << static_cast<int>(observable);
        }
      }
    }
  }
}

/// Bytes that an ensemble of ten networks holds while it trains.
double held_in_training(const Study& study, const Configuration& c, const DataView<float>& data) {
  const long before = live_bytes;
  long most = 0;
  const SnapshotSink<float> sink = [](std::size_t, std::size_t, std::span<const float>) {};
  train_ensemble<float>(study, c, data, 0, sink, [&](int) { most = std::max<long>(most, live_bytes - before); });
  return static_cast<double>(most);
}

TEST(TrainingMemory, IsWhatAnEnsembleHolds) {
  const DataShape shape{200, 10, 600, 30};
  const auto sparse = toy::Data<float>(0.2, shape).in_sparse_form();
  const toy::Data<float> dense(1.0, shape);
  const Study study = toy::study(10);
  for (const DataView<float>& view : {sparse.view(), dense.view()}) {
    for (const OptimizerKind optimizer : {OptimizerKind::sgd, OptimizerKind::momentum, OptimizerKind::adam}) {
      for (const Observable observable : {Observable::output, Observable::state, Observable::subset, Observable::projection}) {
        Configuration c = toy::configuration();
        c.model.hidden = {64, 32};
        c.training.optimizer = optimizer;
        c.training.batch_size = 60;
        c.training.steps = 30;
        c.data.order = Order::shuffled;
        c.record.observable = observable;
        c.record.size = 100;
        const double held = held_in_training(study, c, view);
        EXPECT_NEAR(training_memory(study, c, view.shape, !view.sparse_train.empty()) / held, 1, 0.1)
            << held << " B, optimiser " << static_cast<int>(optimizer) << ", observable " << static_cast<int>(observable);
      }
    }
  }
}

}  // namespace
}  // namespace equikoop
