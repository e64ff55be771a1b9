/** January to June is the first half of a year. All by UTC. */
export interface HalfYear {
  /** Such as `2026-2`. */
  name: string
  from: Date
  /** The first moment that is no longer in it. */
  to: Date
}

export function halfYearOf(at: Date): HalfYear {
  const [year, half] = [at.getUTCFullYear(), at.getUTCMonth() < 6 ? 1 : 2]
  return {
    name: `${year}-${half}`,
    from: new Date(Date.UTC(year, half === 1 ? 0 : 6, 1)),
    to: new Date(Date.UTC(year, half === 1 ? 6 : 12, 1)),
  }
}

/** From that of one time to that of another, both with it. */
export function halfYearsBetween(from: Date, to: Date): HalfYear[] {
  const found: HalfYear[] = []
  for (let at = from; at <= halfYearOf(to).from || found.length === 0;) {
    const next = halfYearOf(at)
    found.push(next)
    at = next.to
  }
  return found
}
