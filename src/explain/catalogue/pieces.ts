/** Beginnings that several of the smallest programs share. */

/** An element of `cells` in R0, the packet mark in R6. */
export const LOOKUP = `    r6 = *(u32 *)(r1 + 8)
    *(u32 *)(r10 - 4) = 0
    r2 = r10
    r2 += -4
    r1 = cells ll
    call bpf_map_lookup_elem
    if r0 == 0 goto out`;

/** A socket that was looked up, or NULL, in R0. */
export const TUPLE = `    *(u64 *)(r10 - 8) = 0
    *(u32 *)(r10 - 12) = 0
    r2 = r10
    r2 += -12
    r3 = 12
    r4 = 0
    r5 = 0
    call bpf_sk_lookup_tcp`;

/** A map value whose lock is held. */
export const LOCKED = `.struct cell {
    struct bpf_spin_lock lock
    u32 count
}
.map cells, type=array, key=u32, value=cell, max_entries=1
.section "tc"
.func main(struct __sk_buff *skb) -> int
    r6 = r1
    *(u32 *)(r10 - 4) = 0
    r2 = r10
    r2 += -4
    r1 = cells ll
    call bpf_map_lookup_elem
    if r0 == 0 goto out
    r7 = r0
    r1 = r0
    call bpf_spin_lock`;
