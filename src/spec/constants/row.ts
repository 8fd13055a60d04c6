/** The shape of a group of named constants. */

/** Constants of one header, in its order. Values beyond 2^53 are bigint; negative ones are as C has them. */
export interface ConstantGroup {
  /** Path as in `#include <…>`; of kernel-internal headers (`net/…`) only the numbers are of use to programs. */
  readonly header: string;
  readonly values: Readonly<Record<string, number | bigint>>;
}
