/** Where F6 leads: the areas of the page that can be focused, in their order. */
const stops = [
  '.pane.nav a[aria-current], .pane.nav a',
  '.writing .subject-in',
  '.rows-scroll',
  '.read-scroll',
  '.setpage',
  '.top .brand',
]

/** Focuses the next pane (or the one before); tells whether there was one. */
export function nextPane(step: 1 | -1): boolean {
  const panes = stops
    .map((stop) =>
      stop
        .split(', ')
        .map((one) => document.querySelector<HTMLElement>(one))
        .find((one) => one !== null),
    )
    .filter((one) => one !== undefined && one !== null && one.offsetParent !== null) as HTMLElement[]
  const active = document.activeElement
  const at = panes.findIndex((pane) => (pane.closest('.pane, .top') ?? pane).contains(active))
  const next = panes.at((at + step + panes.length) % Math.max(1, panes.length))
  next?.focus()
  return next !== undefined
}
