/**
 * Masked addresses: one for each sender, which can be switched off. Their addresses and counters stand in the directory
 * (`#accounts`), what they are for in records of the kind `maskedAddress`.
 */
export {
  changeMasked,
  listMasked,
  MASKED,
  makeMasked,
  maskedLetter,
  removeMaskedAddress,
  type MaskedAddress,
  type NewMasked,
} from './masked.ts'
