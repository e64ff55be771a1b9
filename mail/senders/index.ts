/** Senders whose letters a person does not want, or wants whatever speaks against them. Records of the kinds `blockedSender` and `allowedSender`. */
export {
  ALLOWED,
  BLOCKED,
  isListedSender,
  listedAddress,
  listedLookup,
  lookupsOf,
  sendersOf,
  type ListedSender,
} from './senders.ts'
