/** What OrderState.sol calls the bits of an order's flags. */
export const FLAG_AMENDED = 1;
export const FLAG_ASSIGNED = 2;
export const FLAG_MONEY = 4;
export const FLAG_CALLED = 8;
export const FLAG_CALLING = 16;

/** Number of the call on the retention among an order's lots. */
export const CALL = 2 ** 32 - 1;
