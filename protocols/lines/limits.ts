import { nowMs } from '#system'

/** Events per key in the current minute, kept in memory for as many keys as were seen in it. */
export function perMinute(most: number): { allow(key: string): boolean } {
  let minute = 0
  let counts = new Map<string, number>()
  return {
    allow(key) {
      const current = Math.floor(nowMs() / 60_000)
      if (current !== minute) {
        minute = current
        counts = new Map()
      }
      const count = (counts.get(key) ?? 0) + 1
      counts.set(key, count)
      return count <= most
    },
  }
}

/** Something of which there is only so much, such as bytes in memory. */
export function budget(total: number): { take(amount: number): boolean; give(amount: number): void } {
  let left = total
  return {
    take(amount) {
      if (amount > left) return false
      left -= amount
      return true
    },
    give(amount) {
      left += amount
    },
  }
}

/** Connections per key. */
export function concurrent(most: number): { enter(key: string): boolean; leave(key: string): void } {
  const counts = new Map<string, number>()
  return {
    enter(key) {
      const count = counts.get(key) ?? 0
      if (count >= most) return false
      counts.set(key, count + 1)
      return true
    },
    leave(key) {
      const count = (counts.get(key) ?? 1) - 1
      if (count > 0) counts.set(key, count)
      else counts.delete(key)
    },
  }
}
