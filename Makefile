# The commands that people type. `make help` lists them.
# Arguments for a program go into ARGS: make lenet ARGS="--model modern --epochs 5"

.PHONY: help setup build lenet test gradcheck by_hand benchmarks gpu format clean

help:
	@echo 'make lenet      install what is missing, build, train LeNet on MNIST, show the result'
	@echo 'make test       the same set-up, then every test'
	@echo 'make build      the release build: programs land in build/release/bin/'
	@echo 'make by_hand    forward, backward and update of a tiny network, every product written out'
	@echo 'make gradcheck  every layer: analytic gradients against numeric ones'
	@echo 'make benchmarks eight quiet minutes: measures the tables of docs/benchmarks.md anew'
	@echo 'make gpu        on a machine with a GPU: builds for it, tests there, checks with compute-sanitizer,'
	@echo '                measures the tables "On a GPU" of docs/benchmarks.md'
	@echo 'make setup      only install the Debian or Ubuntu packages that are missing'
	@echo 'make format     lay out the sources with clang-format'
	@echo 'make clean      remove the builds'
	@echo
	@echo 'Arguments for a program go into ARGS: make lenet ARGS="--model modern --epochs 5"'

setup:
	@.ci/setup

build: setup
	@cmake --preset release
	@cmake --build --preset release

# Only what is needed is built, so that a newcomer does not wait for the tests; with lenet come the
# programs that use its weights.
lenet: with = predict picture
lenet by_hand gradcheck: setup
	@cmake --preset release
	@cmake --build --preset release --target $@ $(with)
	@build/release/bin/$@ $(ARGS)

test: build
	@ctest --preset release $(ARGS)

# oneDNN, OpenBLAS and PyTorch take part where they are installed (docs/bench.md).
benchmarks: setup
	@cmake --preset release
	@cmake --build --preset release --target bench peers
	@apps/bench/benchmarks.py $(ARGS)

# cuBLAS, cuDNN and PyTorch take part where they are installed (docs/bench.md).
gpu: setup
	@cuda/check_on_gpu
	@apps/bench/gpu_benchmarks.py $(ARGS)

format:
	@git ls-files '*.h' '*.cpp' '*.cu' | xargs clang-format -i

clean:
	rm -rf build
