//! Compiled modules. Reading them is several times faster than parsing their source, which every fresh context would
//! have to do again.

use rquickjs::{Ctx, Module, Result, WriteOptions, module::Declared};

/// Bytecode of one module. Only [`Bytecode::of`] makes it, so it is always what this very engine wrote.
pub(super) struct Bytecode(Vec<u8>);

impl Bytecode {
    pub(super) fn of(module: &Module<'_, Declared>) -> Result<Self> {
        let options = WriteOptions {
            strip_source: true,
            ..WriteOptions::default()
        };
        Ok(Self(module.write(options)?))
    }

    pub(super) fn declare<'js>(&self, context: &Ctx<'js>) -> Result<Module<'js, Declared>> {
        #[allow(
            unsafe_code,
            reason = "QuickJS trusts bytecode; the field is private and holds nothing but what the same engine wrote in this process"
        )]
        unsafe {
            Module::load(context.clone(), &self.0)
        }
    }
}
