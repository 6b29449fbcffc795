//! Enums whose members have a name: one list gives the type, its names in JSON and text, and what reads them back.

/// Declares an enum of named members, with `ALL`, `as_str`, `Display`, `FromStr`, and the name in JSON.
macro_rules! named {
    ($(#[$of:meta])* $type:ident { $($(#[$doc:meta])* $member:ident = $name:literal,)+ }) => {
        $(#[$of])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
        )]
        pub enum $type {
            $($(#[$doc])* #[serde(rename = $name)] $member,)+
        }

        impl $type {
            /// All members, in the order of their declaration.
            pub const ALL: &[$type] = &[$($type::$member),+];

            /// The name, as it is in JSON.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $($type::$member => $name,)+
                }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                to.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $type {
            type Err = ();

            fn from_str(name: &str) -> Result<$type, ()> {
                let known = $type::ALL.iter().find(|member| member.as_str() == name);
                known.copied().ok_or(())
            }
        }
    };
}

pub(crate) use named;
