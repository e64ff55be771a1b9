/** For what the operator can suspend an account: the rules of the terms of use. */
export const SUSPENSION_RULES = ['advertising', 'fraud', 'malware', 'attacks', 'impersonation', 'law'] as const
export type SuspensionRule = (typeof SUSPENSION_RULES)[number]

export const isSuspensionRule = (rule: string): rule is SuspensionRule =>
  (SUSPENSION_RULES as readonly string[]).includes(rule)
