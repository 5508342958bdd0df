//! Folders that load, and folders that say why they do not.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

use std::{collections::BTreeMap, fs, path::PathBuf};

use super::{
    Bundle, BundleOptions, LoadError,
    positions::{Mapping, Positions},
    resolve,
};
use crate::runtime::{Engine, Limits};

fn package() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../end2end/node_modules/convex")
}

fn load(files: &[(&str, &str)]) -> Result<Bundle, LoadError> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    fs::create_dir_all(folder.path().join("convex")).unwrap();
    Bundle::load(&BundleOptions {
        directory: folder.path().join("convex"),
        environment: BTreeMap::new(),
        convex_package: Some(package()),
    })
}

fn error(files: &[(&str, &str)]) -> String {
    load(files).unwrap_err().to_string()
}

#[test]
fn an_empty_folder_loads() {
    assert_eq!(load(&[]).unwrap().function_modules().count(), 0);
}

#[test]
fn only_modules_are_entries() {
    let query =
        "import { query } from './_generated/server'; export const q = query(async () => 1);";
    let bundle = load(&[
        ("convex/a.ts", query),
        ("convex/a.test.ts", "this is no TypeScript"),
        ("convex/.hidden.ts", "nor this"),
        ("convex/_generated/api.d.ts", "nor this"),
        ("convex/types.d.ts", "nor this"),
        ("convex/README.md", "nor this"),
        ("convex/deep/b.mjs", "export const x = 1;"),
    ]);
    let bundle = bundle.unwrap();
    assert_eq!(
        bundle
            .function_modules()
            .map(|(module, _)| module)
            .collect::<Vec<_>>(),
        ["a", "deep/b"]
    );
}

#[test]
fn mistakes_are_named_with_their_place() {
    assert!(
        error(&[("convex/a.ts", "const a = 1;\nconst b: = 2;\n")])
            .starts_with("convex/a.ts:2:10: ")
    );
    assert_eq!(
        error(&[("convex/a.ts", "import { b } from \"./b\";\nconsole.log(b);")]),
        "convex/a.ts:1:19: \"./b\" cannot be imported: there is no such file."
    );
    assert!(error(&[("convex/a.ts", "import fs from 'node:fs';\nfs();")]).contains("\"use node\""));
    assert!(
        error(&[("convex/a.ts", "import x from 'left-pad';\nx();")])
            .contains("\"left-pad\" is not installed")
    );
    assert!(
        error(&[
            ("convex/a.ts", "import x from './x.json';\nx;"),
            ("convex/x.json", "{\n  \"a\": }")
        ])
        .starts_with("convex/x.json:2:")
    );
    assert!(
        error(&[("convex/convex.config.ts", "const app = a();\napp.use(b);")])
            .contains("components")
    );
    assert!(load(&[("convex/convex.config.ts", "export default 1;")]).is_ok());
}

#[test]
fn packages_have_to_be_modules() {
    let import = (
        "convex/a.ts",
        "import { x } from '@scope/x/deep';\nexport const y = x;",
    );
    let common = error(&[
        import,
        (
            "node_modules/@scope/x/package.json",
            "{\"main\": \"main.js\"}",
        ),
        (
            "node_modules/@scope/x/deep.js",
            "module.exports = { x: 1 };",
        ),
    ]);
    assert!(common.contains("\"@scope/x\" is CommonJS"), "{common}");
    let module = load(&[
        import,
        (
            "node_modules/@scope/x/package.json",
            r#"{"exports": {"./*": {"require": "./none.js", "import": "./dist/*.js"}}}"#,
        ),
        (
            "node_modules/@scope/x/dist/deep.js",
            "export * from './index.js';",
        ),
        ("node_modules/@scope/x/dist/index.js", "export const x = 1;"),
    ]);
    assert!(module.is_ok());
}

#[test]
fn the_package_has_to_be_a_known_version() {
    let options = |package| BundleOptions {
        directory: package,
        environment: BTreeMap::new(),
        convex_package: None,
    };
    let folder = tempfile::tempdir().unwrap();
    let convex = folder.path().join("node_modules/convex");
    fs::create_dir_all(&convex).unwrap();
    fs::write(convex.join("package.json"), r#"{"version": "1.29.3"}"#).unwrap();
    let error = Bundle::load(&options(folder.path().to_owned())).unwrap_err();
    assert!(error.to_string().contains("version 1.29.3"), "{error}");
    let nothing = tempfile::tempdir().unwrap();
    let error = Bundle::load(&options(nothing.path().to_owned())).unwrap_err();
    assert!(error.to_string().contains("not installed"), "{error}");
}

#[test]
fn modules_that_fail_while_they_load_name_their_file() {
    let analyze = |files: &[(&str, &str)]| {
        Engine::new(load(files).unwrap().into(), Limits::default()).analyze()
    };
    let error = analyze(&[("convex/a.ts", "\nthrow new Error('no');")])
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("convex/a.ts: Uncaught Error: no\n    at "),
        "{error}"
    );
    assert!(error.contains("../convex/a.ts:2:"), "{error}");
    let auth =
        "export default { providers: [{ domain: process.env.ISSUER, applicationID: 'convex' }] };";
    let error = analyze(&[("convex/auth.config.ts", auth)])
        .unwrap_err()
        .to_string();
    assert!(error.contains("environment variable ISSUER"), "{error}");
    let error = analyze(&[("convex/a.ts", "Convex.syscall('1.0/db/normalizeId', '{}');")])
        .unwrap_err()
        .to_string();
    assert!(error.contains("while a module is imported"), "{error}");
    let error = analyze(&[
        ("convex/a.ts", "import { nothing } from './b';\nnothing();"),
        ("convex/b.ts", "export {};"),
    ]);
    assert!(error.unwrap_err().to_string().contains("nothing"));
}

#[test]
fn specifiers_are_split_into_package_and_path() {
    assert_eq!(resolve::split("a"), ("a", ""));
    assert_eq!(resolve::split("a/b/c"), ("a", "b/c"));
    assert_eq!(resolve::split("@a/b"), ("@a/b", ""));
    assert_eq!(resolve::split("@a/b/c"), ("@a/b", "c"));
}

#[test]
fn positions_are_those_of_the_nearest_mapping_on_the_line() {
    let mapping = |line, column, source_line, source_column| Mapping {
        line,
        column,
        source_line,
        source_column,
    };
    let positions = Positions::new(vec![
        mapping(0, 4, 2, 6),
        mapping(0, 10, 3, 0),
        mapping(2, 0, 7, 1),
    ]);
    assert_eq!(positions.source(1, 5), (3, 7));
    assert_eq!(positions.source(1, 8), (3, 7));
    assert_eq!(positions.source(1, 1), (3, 7));
    assert_eq!(positions.source(1, 40), (4, 1));
    assert_eq!(positions.source(2, 1), (2, 1));
    assert_eq!(positions.source(3, 3), (8, 2));
    assert_eq!(Positions::default().source(9, 9), (9, 9));
}
