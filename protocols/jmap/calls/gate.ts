import { Refusal } from '#system'

/** Lets a few at a time do something, for each key; a few more wait in line, the rest is refused. */
export interface Gate {
  /** Resolves with what to call when done. @throws Refusal 'overload' */
  enter(key: number): Promise<() => void>
}

interface Line {
  running: number
  waiting: (() => void)[]
}

export function openGate(mostRunning: number, mostWaiting: number): Gate {
  const lines = new Map<number, Line>()

  const leave = (key: number, line: Line): void => {
    const next = line.waiting.shift()
    if (next !== undefined) return next()
    line.running--
    if (line.running === 0) lines.delete(key)
  }

  return {
    async enter(key) {
      let line = lines.get(key)
      if (line === undefined) lines.set(key, (line = { running: 0, waiting: [] }))
      const own = line
      if (own.running < mostRunning) own.running++
      else if (own.waiting.length >= mostWaiting) throw new Refusal('overload', { retryAfterSeconds: 1 })
      else await new Promise<void>((resolve) => own.waiting.push(resolve))
      let left = false
      return () => {
        if (!left) leave(key, own)
        left = true
      }
    },
  }
}
