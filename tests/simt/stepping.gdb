# The session of docs/stepping_cuda_without_a_gpu.md:
#   gdb -q -batch -x tests/simt/stepping.gdb build/debug/tests/bin/simt_stepping
set pagination off
set debuginfod enabled off
break stepping.cu:13 if threadIdx.x == 3 && blockIdx.x == 1
run
print threadIdx
print tile
next
print tile
next
print threadIdx
print tile
backtrace 1
continue
