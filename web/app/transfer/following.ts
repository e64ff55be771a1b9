/** Milliseconds between two looks at what moves. */
const lookMs = 1000

export const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

/**
 * Looks at a list again and again.
 * @param isDue  asked once a second, whether it is time for another look
 * @returns how to stop
 */
export function follow(isDue: () => boolean, look: () => Promise<void>): () => void {
  let isStopped = false
  const run = async () => {
    for (; !isStopped; await wait(lookMs)) if (isDue()) await look()
  }
  void run()
  return () => (isStopped = true)
}
