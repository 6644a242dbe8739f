# The workbench in commands. `make help` lists them.
CONFIGURATION := Release
DATA ?= shapes
OUT ?= runs/demo
SOURCE ?= data/PennFudanPed
DEMO_OPTIONS ?=
DEMO_shapes = experiments/confidence-score.fsx --iterations 500 --parallel 3
DEMO_pennfudan = experiments/pretrained-photos.fsx --iterations 200 --parallel 3 --source $(call quote,$(SOURCE))
KERNEL_OPTIONS ?=
TORCH ?= cpu
BUILD := -c $(CONFIGURATION) -p:TorchRuntime=$(TORCH) -v q -clp:NoSummary
# A value as one word of the shell, whatever is in it.
quote = '$(subst ','\'',$1)'
export DOTNET_NOLOGO := 1
export GOLDEN_DIR
export TORCH
export DOTNET_CLI_TELEMETRY_OPTOUT := 1

.PHONY: help setup build backbone demo test kernel notebooks notebooks-write experiments live golden fuzz kill bench-train bench-scale bench-kernels bench-eval bench-data clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo "  make ... TORCH=cuda    the same on libtorch with CUDA (docs/torch.md)"

setup: ## restore the NuGet packages
	@scripts/setup.sh build

build: setup ## build everything; ./boxteacher is the command line
	@dotnet build BoxTeacher.sln $(BUILD)

backbone: ## fetch the pretrained ResNet-18 of the recipes *-r18 from NuGet (60 MB)
	@scripts/backbone.sh

demo: setup ## the main job: three variants, compared (DATA=pennfudan SOURCE=DIR: photos, on a pretrained backbone)
	@dotnet build src/BoxTeacher.Workbench $(BUILD)
	@$(if $(filter pennfudan,$(DATA)),scripts/backbone.sh > /dev/null)
	@dotnet fsi --optimize+ $(or $(DEMO_$(DATA)),$(DEMO_shapes)) --quick --data $(call quote,$(DATA)) --out $(call quote,$(OUT)-$(DATA)) $(DEMO_OPTIONS)

test: build ## every test; those of many processes are skipped where Open MPI is missing and may not be installed
	@scripts/setup.sh mpi || echo "tests of many processes will be skipped"
	@scripts/test.sh

golden: build ## the tests against reference values alone (make golden GOLDEN_DIR=FOLDER)
	@scripts/golden.sh

fuzz: build ## feed 100,000 damaged files to the readers and evaluators
	@dotnet run --project benchmarks/BoxTeacher.Benchmarks.Eval -c $(CONFIGURATION) --no-build -- fuzz 100000 2>/dev/null

kill: build ## kill a training at 50 random moments, resume it, compare its end to the bit (KILLS=N)
	@scripts/kill.sh $(or $(KILLS),50)

bench-train: build ## a whole training step beside Python's PyTorch, to artifacts/bench/train.json
	@scripts/setup.sh bench
	@dotnet run --project benchmarks/BoxTeacher.Benchmarks.Train -c $(CONFIGURATION) --no-build -- $(BENCH_OPTIONS)

bench-scale: build ## two processes of one thread beside one of two threads, to artifacts/bench/scale.json
	@scripts/setup.sh mpi
	@dotnet run --project benchmarks/BoxTeacher.Benchmarks.Train -c $(CONFIGURATION) --no-build -- scale $(BENCH_OPTIONS)

bench-kernels: build ## each fused kernel beside the plain formula, to artifacts/bench/kernels
	@dotnet run --project benchmarks/BoxTeacher.Benchmarks.Kernels -c $(CONFIGURATION) --no-build -- --filter '*' $(BENCH_OPTIONS)

bench-eval: build ## speed of evaluation and of masks, to artifacts/bench/eval.json
	@dotnet run --project benchmarks/BoxTeacher.Benchmarks.Eval -c $(CONFIGURATION) --no-build

bench-data: build ## data on their way to a step: opening large files, decoding, views, waiting; to artifacts/bench/data.json
	@dotnet run --project benchmarks/BoxTeacher.Benchmarks.Eval -c $(CONFIGURATION) --no-build -- data

kernel: setup ## install the F# kernel for Jupyter (make kernel KERNEL_OPTIONS="--prefix DIR")
	@scripts/kernel.sh install $(KERNEL_OPTIONS)

notebooks: build ## try the kernel, and execute every notebook with Jupyter, a few steps each (NOTEBOOK_STEPS=N)
	@scripts/setup.sh notebooks
	@scripts/notebooks.sh kernel check
	@scripts/notebooks.sh check

notebooks-write: build ## execute every notebook with its own budget and keep the outputs, charts as PNG
	@scripts/setup.sh notebooks
	@scripts/notebooks.sh write

experiments: build ## every experiment with --quick, a few steps each (EXPERIMENT_STEPS=N)
	@scripts/experiments.sh

live: build ## a notebook in a headless browser: charts, live progress, interrupt, restart, export; screenshots in artifacts/notebook
	@scripts/setup.sh notebooks
	@scripts/notebooks.sh live

clean: ## remove what was built
	rm -rf artifacts
