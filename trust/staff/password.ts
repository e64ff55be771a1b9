import { DECOY, fitsPassword, hashPassword, inTurn, isTooLong } from '#accounts'
import type { ServiceKey } from '#storage'

const placeOf = (id: number): string => `password/${id}`

/** A password as it is kept. */
export const sealPassword = async (staff: ServiceKey, id: number, password: string): Promise<Buffer> =>
  staff.seal(placeOf(id), await inTurn(() => hashPassword(password)))

/** Takes as long when there is none. */
export async function passwordFits(
  staff: ServiceKey,
  kept: { id: number; password: Buffer | null } | undefined,
  password: string,
): Promise<boolean> {
  if (isTooLong(password)) return false
  const hash =
    kept === undefined || kept.password === null ? DECOY : staff.open(placeOf(kept.id), kept.password).toString()
  return inTurn(() => fitsPassword(password, hash))
}
