// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title What an organisation may be; one organisation can be several
library OrganisationKinds {
    uint32 internal constant BUYER = 1 << 0;
    uint32 internal constant SUPPLIER = 1 << 1;
    uint32 internal constant MERCHANT = 1 << 2;
    uint32 internal constant MUNICIPALITY = 1 << 3;
    uint32 internal constant ATTESTER = 1 << 4;
    uint32 internal constant BANK = 1 << 5;
    uint32 internal constant CERTIFIER = 1 << 6;
    uint32 internal constant AUDITOR = 1 << 7;
    uint32 internal constant RELAYER_OPERATOR = 1 << 8;
}
