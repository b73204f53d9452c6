//! Mathematical constants, under core's names.

pub mod consts {
    /// π
    pub const PI: f32 = 3.141592653589793;
    /// 2π
    pub const TAU: f32 = 6.283185307179586;
    /// e
    pub const E: f32 = 2.718281828459045;
    /// π/2
    pub const FRAC_PI_2: f32 = 1.5707963267948966;
    /// π/3
    pub const FRAC_PI_3: f32 = 1.0471975511965979;
    /// π/4
    pub const FRAC_PI_4: f32 = 0.7853981633974483;
    /// π/6
    pub const FRAC_PI_6: f32 = 0.5235987755982989;
    /// π/8
    pub const FRAC_PI_8: f32 = 0.39269908169872414;
    /// 1/π
    pub const FRAC_1_PI: f32 = 0.3183098861837907;
    /// 2/π
    pub const FRAC_2_PI: f32 = 0.6366197723675814;
    /// 2/√π
    pub const FRAC_2_SQRT_PI: f32 = 1.1283791670955126;
    /// √2
    pub const SQRT_2: f32 = 1.4142135623730951;
    /// 1/√2
    pub const FRAC_1_SQRT_2: f32 = 0.7071067811865476;
    /// ln 2
    pub const LN_2: f32 = 0.6931471805599453;
    /// ln 10
    pub const LN_10: f32 = 2.302585092994046;
    /// log₂ e
    pub const LOG2_E: f32 = 1.4426950408889634;
    /// log₁₀ e
    pub const LOG10_E: f32 = 0.4342944819032518;
    /// log₂ 10
    pub const LOG2_10: f32 = 3.321928094887362;
    /// log₁₀ 2
    pub const LOG10_2: f32 = 0.3010299956639812;
}
