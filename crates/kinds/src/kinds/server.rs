//! Foreign servers.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use yaml::Node;

use crate::declared::{Declared, Facts, Grants};
use crate::document::Raise;
use crate::kinds::user_mapping::UserMappingDoc;
use crate::shape::{self, Options, is_default};
use crate::{Change, Context, Id, Kind, ObjectKind, Spec, Statement, query};

/// A foreign server (manual, `CREATE SERVER`; catalog `pg_foreign_server`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Server {
    /// The foreign-data wrapper.
    pub wrapper: String,
    /// What sort of server it is, as the wrapper understands it.
    #[serde(rename = "type", default, skip_serializing_if = "is_default")]
    pub server_type: Option<String>,
    /// The server's version.
    #[serde(default, skip_serializing_if = "is_default")]
    pub version: Option<String>,
    /// Its options.
    #[serde(default, skip_serializing_if = "is_default")]
    pub options: Options,
}

impl ObjectKind for Server {
    fn query(_version: u32) -> Option<String> {
        Some(format!(
            "SELECT jsonb_build_object('at', {}, 'name', s.srvname, {}, {}, 'spec', jsonb_strip_nulls(jsonb_build_object(\
             'wrapper', w.fdwname, 'type', s.srvtype, 'version', s.srvversion, 'options', {}))) \
             FROM pg_foreign_server AS s JOIN pg_foreign_data_wrapper AS w ON w.oid = s.srvfdw WHERE {}",
            query::address("pg_foreign_server", "s.oid", "0"),
            query::owner("s.srvowner"),
            query::acl("S", "s.srvowner", "s.srvacl"),
            query::guarded_options("s.srvoptions"),
            query::user_made("s.oid"),
        ))
    }

    fn create(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        let text = |word: &str, value: &Option<String>| {
            value.as_ref().map(|value| format!(" {word} {}", sql::literal(value))).unwrap_or_default()
        };
        let create = Statement::new(format!(
            "CREATE SERVER {}{}{} FOREIGN DATA WRAPPER {}{}",
            id.sql(),
            text("TYPE", &self.server_type),
            text("VERSION", &self.version),
            sql::ident(&self.wrapper),
            self.options.clause()
        ));
        vec![self.options.asking(&Options::default(), create, id)]
    }

    fn drop(&self, id: &Id, _context: &Context<'_>) -> Vec<Statement> {
        vec![Statement::new(format!("DROP SERVER {}", id.sql())).clients(format!("{id} is gone"))]
    }

    fn alter(&self, to: &Self, id: &Id, _context: &Context<'_>) -> Change {
        if self.wrapper != to.wrapper || self.server_type != to.server_type {
            return Change::Replace("a server's wrapper and type cannot be changed".to_owned());
        }
        let version = to.version.as_ref().map_or("NULL".to_owned(), |version| sql::literal(version));
        let version = (self.version != to.version).then(|| format!("VERSION {version}"));
        let actions: Vec<String> =
            [version, self.options.change(&to.options)].into_iter().flatten().collect();
        let alter = Statement::new(format!("ALTER SERVER {} {}", id.sql(), actions.join(" ")));
        Change::Alter(vec![to.options.asking(&self.options, alter, id)])
    }

    fn rename(&self, id: &Id, to: &str) -> Option<Statement> {
        Some(Statement::new(format!("ALTER SERVER {} RENAME TO {}", id.sql(), sql::ident(to))))
    }
}

/// A foreign server as the YAML declares it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ServerDoc {
    /// The name that it had before.
    #[serde(skip_serializing_if = "is_default")]
    pub renamed_from: Option<String>,
    /// What people should know of it.
    #[serde(skip_serializing_if = "is_default")]
    pub comment: Option<String>,
    /// The role that owns it, where that is not the owner of the database.
    #[serde(skip_serializing_if = "is_default")]
    pub owner: Option<String>,
    /// The foreign-data wrapper.
    pub wrapper: String,
    /// What sort of server it is, as the wrapper understands it.
    #[serde(rename = "type", skip_serializing_if = "is_default")]
    pub server_type: Option<String>,
    /// The server's version.
    #[serde(skip_serializing_if = "is_default")]
    pub version: Option<String>,
    /// Its options.
    #[serde(skip_serializing_if = "is_default")]
    pub options: Options,
    /// Who uses it as whom, by role; `public` is everybody.
    #[serde(skip_serializing_if = "is_default")]
    pub user_mappings: IndexMap<String, UserMappingDoc>,
    /// Privileges by grantee; `public` is everybody.
    #[serde(skip_serializing_if = "is_default")]
    pub grants: Option<Grants>,
}

impl ServerDoc {
    pub(crate) fn lower(&self, name: &str, node: Option<&Node>, declared: &mut Declared) {
        let id = Id::root(Kind::Server, name);
        let server = Server {
            wrapper: self.wrapper.clone(),
            server_type: self.server_type.clone(),
            version: self.version.clone(),
            options: self.options.clone(),
        };
        declared.add(id.clone(), server, 0, node);
        let facts = Facts {
            comment: self.comment.as_ref(),
            owner: self.owner.as_ref(),
            grants: self.grants.as_ref(),
            renamed_from: self.renamed_from.as_ref(),
        };
        declared.facts(&id, &facts, true, node);
        for (user, mapping) in &self.user_mappings {
            shape::lower(
                mapping,
                Some(&id),
                user,
                node.and_then(|node| node.at(["user_mappings", user])),
                declared,
            );
        }
    }

    pub(crate) fn raise_all(raise: &Raise<'_>) -> IndexMap<String, ServerDoc> {
        let servers = raise.model.objects().filter_map(|object| match &object.spec {
            Spec::Server(server) => Some((&object.id, server)),
            _ => None,
        });
        let doc = |(id, server): (&Id, &Server)| {
            let doc = ServerDoc {
                renamed_from: None,
                comment: raise.comment(id),
                owner: raise.owner(id),
                wrapper: server.wrapper.clone(),
                server_type: server.server_type.clone(),
                version: server.version.clone(),
                options: server.options.clone(),
                user_mappings: shape::raise_all(raise, Some(id)),
                grants: raise.grants(id),
            };
            (id.name().to_owned(), doc)
        };
        servers.map(doc).collect()
    }
}
