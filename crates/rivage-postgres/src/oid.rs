//! The type OIDs that the JSON writer knows, and which array has which elements.
//!
//! They are fixed in PostgreSQL's catalogue (`pg_type.dat`). Deliberately not here: types that an extension or a schema makes; their OIDs
//! differ between databases, and their text is passed on.

/// An object identifier of PostgreSQL; here always a type's.
pub type Oid = u32;

/// Let the server find out the type of a parameter.
pub const UNSPECIFIED: Oid = 0;
/// `boolean`
pub const BOOL: Oid = 16;
/// `bytea`
pub const BYTEA: Oid = 17;
/// `bigint`
pub const INT8: Oid = 20;
/// `smallint`
pub const INT2: Oid = 21;
/// `integer`
pub const INT4: Oid = 23;
/// `text`
pub const TEXT: Oid = 25;
/// `oid`
pub const OID: Oid = 26;
/// `json`
pub const JSON: Oid = 114;
/// `real`
pub const FLOAT4: Oid = 700;
/// `double precision`
pub const FLOAT8: Oid = 701;
/// `varchar`
pub const VARCHAR: Oid = 1043;
/// `date`
pub const DATE: Oid = 1082;
/// `time`
pub const TIME: Oid = 1083;
/// `timestamp`
pub const TIMESTAMP: Oid = 1114;
/// `timestamptz`
pub const TIMESTAMPTZ: Oid = 1184;
/// `numeric`
pub const NUMERIC: Oid = 1700;
/// `uuid`
pub const UUID: Oid = 2950;
/// `jsonb`
pub const JSONB: Oid = 3802;

/// Returns the element type of an array type; `None` for what is no array, or a type of a schema or an extension.
pub fn element(array: Oid) -> Option<Oid> {
    Some(match array {
        1000 => BOOL,
        1001 => BYTEA,
        1016 => INT8,
        1005 => INT2,
        1007 => INT4,
        1009 => TEXT,
        1028 => OID,
        199 => JSON,
        1021 => FLOAT4,
        1022 => FLOAT8,
        1015 => VARCHAR,
        1182 => DATE,
        1183 => TIME,
        1115 => TIMESTAMP,
        1185 => TIMESTAMPTZ,
        1231 => NUMERIC,
        2951 => UUID,
        3807 => JSONB,
        // char, name, bpchar, inet, cidr, interval, timetz: all of them strings.
        1002 => 18,
        1003 => 19,
        1014 => 1042,
        1041 => 869,
        651 => 650,
        1187 => 1186,
        1270 => 1266,
        _ => return None,
    })
}
