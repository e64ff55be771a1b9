import type { Component } from 'svelte'
import type { Section } from './sections.ts'

/** What each page of the settings shows, loaded when it is opened. */
export const pages: Record<Section, () => Promise<{ default: Component }>> = {
  general: () => import('./General.svelte'),
  security: () => import('./Security.svelte'),
  programs: () => import('./Programs.svelte'),
  addresses: () => import('./Addresses.svelte'),
  domains: () => import('./Domains.svelte'),
  lists: () => import('./Lists.svelte'),
  transfer: () => import('../transfer/Transfer.svelte'),
  support: () => import('../support/Support.svelte'),
  held: () => import('../privacy/Held.svelte'),
  journal: () => import('../privacy/Journal.svelte'),
  accesses: () => import('../privacy/Accesses.svelte'),
  canary: () => import('../privacy/Canary.svelte'),
  closing: () => import('./Closing.svelte'),
  reading: () => import('./ReadingSettings.svelte'),
  writing: () => import('./Writing.svelte'),
  rules: () => import('../rules/Rules.svelte'),
  notifications: () => import('./Notifications.svelte'),
}
