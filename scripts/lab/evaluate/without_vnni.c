// Hides AVX-512, VNNI and AMX from the program that loads this, so that it chooses its code for x86-64 with AVX2 alone.
//
//     cc -O1 -shared -fPIC -o without_vnni.so without_vnni.c
//     LD_PRELOAD=./without_vnni.so PROGRAM
//
// Linux makes CPUID fault where the processor can (cpuid_fault in /proc/cpuinfo); the fault is answered here.

#define _GNU_SOURCE  // registers by name
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

enum { ARCH_SET_CPUID = 0x1012, FEATURES = 7 };

// Of CPUID's leaf 7: AVX-512 F, DQ, IFMA, CD, BW, VL; VBMI, VBMI2, VNNI, BITALG, VPOPCNTDQ; VP2INTERSECT, AMX, FP16.
static const uint32_t EBX = 1u << 16 | 1u << 17 | 1u << 21 | 1u << 28 | 1u << 30 | 1u << 31;
static const uint32_t ECX = 1u << 1 | 1u << 6 | 1u << 11 | 1u << 12 | 1u << 14;
static const uint32_t EDX = 1u << 2 | 1u << 3 | 1u << 8 | 1u << 22 | 1u << 23 | 1u << 24 | 1u << 25;

static void let_cpuid(long allowed) { syscall(SYS_arch_prctl, ARCH_SET_CPUID, allowed); }

static void answer(int signal_number, siginfo_t *info, void *context) {
  (void)info;
  greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
  const unsigned char *code = (const unsigned char *)registers[REG_RIP];
  if (code[0] != 0x0f || code[1] != 0xa2) {  // a real fault: it happens again, and ends the program
    signal(signal_number, SIG_DFL);
    return;
  }
  const uint32_t leaf = registers[REG_RAX], part = registers[REG_RCX];
  uint32_t a = leaf, b, c = part, d;
  let_cpuid(1);
  __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
  let_cpuid(0);
  if (leaf == FEATURES && part == 0) {
    b &= ~EBX;
    c &= ~ECX;
    d &= ~EDX;
  } else if (leaf == FEATURES) {  // AVX-VNNI, AVX-512 BF16 and what came later
    a = b = c = d = 0;
  }
  registers[REG_RAX] = a;
  registers[REG_RBX] = b;
  registers[REG_RCX] = c;
  registers[REG_RDX] = d;
  registers[REG_RIP] += 2;
}

__attribute__((constructor)) static void begin(void) {
  struct sigaction action = {.sa_sigaction = answer, .sa_flags = SA_SIGINFO | SA_NODEFER};
  sigaction(SIGSEGV, &action, NULL);
  let_cpuid(0);
}
