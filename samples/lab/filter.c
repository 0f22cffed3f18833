/*
 * Keeps two BPF programs loaded, which the guest's kernel compiles, until it is ended: a classic socket
 * filter, as tcpdump attaches one, and an extended one that calls a helper and writes its stack.
 * Prints LOADED once both are in place. Static, for a guest that holds nothing else.
 */
#include <linux/bpf.h>
#include <linux/filter.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* tcpdump -dd ip and tcp */
static struct sock_filter classic[] = {
    BPF_STMT(BPF_LD + BPF_H + BPF_ABS, 12),
    BPF_JUMP(BPF_JMP + BPF_JEQ + BPF_K, 0x0800, 0, 3),
    BPF_STMT(BPF_LD + BPF_B + BPF_ABS, 23),
    BPF_JUMP(BPF_JMP + BPF_JEQ + BPF_K, 6, 0, 1),
    BPF_STMT(BPF_RET + BPF_K, 262144),
    BPF_STMT(BPF_RET + BPF_K, 0),
};

static struct bpf_insn extended[] = {
    {.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_ktime_get_ns},
    {.code = BPF_STX | BPF_MEM | BPF_DW, .dst_reg = 10, .src_reg = 0, .off = -8},
    {.code = BPF_LDX | BPF_MEM | BPF_DW, .dst_reg = 0, .src_reg = 10, .off = -8},
    {.code = BPF_ALU64 | BPF_AND | BPF_K, .dst_reg = 0, .imm = 0xffff},
    {.code = BPF_JMP | BPF_EXIT},
};

static int attach_classic(int socket)
{
    struct sock_fprog program = {COUNT(classic), classic};
    return setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}

static int attach_extended(int socket)
{
    union bpf_attr load;
    memset(&load, 0, sizeof(load));
    load.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
    load.insns = (unsigned long)extended;
    load.insn_cnt = COUNT(extended);
    load.license = (unsigned long)"GPL";
    int program = syscall(__NR_bpf, BPF_PROG_LOAD, &load, sizeof(load));
    if (program < 0)
        return -1;
    return setsockopt(socket, SOL_SOCKET, SO_ATTACH_BPF, &program, sizeof(program));
}

int main(void)
{
    int one = socket(AF_UNIX, SOCK_DGRAM, 0);
    int other = socket(AF_UNIX, SOCK_DGRAM, 0);
    if (one < 0 || other < 0 || attach_classic(one) || attach_extended(other)) {
        perror("filter");
        return 1;
    }
    puts("LOADED");
    fflush(stdout);
    pause();
    return 0;
}
